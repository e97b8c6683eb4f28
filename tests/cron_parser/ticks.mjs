// Ticks as the npm package cron-parser sees them, a line of seconds since 1970 for each zone and expression.
//
//   node ticks.mjs FOLDER-OF-PACKAGES FROM UNTIL ["ZONE EXPRESSION"]...
import { createRequire } from 'node:module';

const [packages, from, until, ...schedules] = process.argv.slice(2);
const { CronExpressionParser } = createRequire(`${packages}/`)('cron-parser');
const currentDate = new Date(Number(from) * 1000);

for (const schedule of schedules) {
  const [tz, ...fields] = schedule.split(' ');
  const ticks = CronExpressionParser.parse(fields.join(' '), { currentDate, tz });
  const next = () => ticks.next().getTime() / 1000;
  const seconds = [];
  for (let at = next(); at < Number(until); at = next()) seconds.push(at);
  console.log(seconds.join(' '));
}
