({ csv }, { papaparse }) => {
  const { data, errors } = papaparse.parse(csv.trim(), { header: true, dynamicTyping: true });
  if (errors.length > 0) throw new Error(`row ${errors[0].row}: ${errors[0].message}`);
  return data;
}
