// Points from 0 to 100, and a reason for each decision that salespeople ask about.
({ lead }) => {
  const freeMail = ['gmail.com', 'outlook.com', 'gmx.net', 'proton.me'];
  const reasons = [];
  let points = 50;
  if (freeMail.includes(lead.domain)) {
    points -= 30;
    reasons.push(`${lead.domain} is a free mail service`);
  }
  if (lead.employees >= 50) {
    points += 30;
    reasons.push(`${lead.employees} employees`);
  }
  if (lead.tags.includes('demo')) {
    points += 20;
    reasons.push('asked for a demo');
  }
  return { points: Math.max(0, Math.min(100, points)), reasons };
}
