({ prices, errors }) => {
  const good = prices.filter((price) => price !== null);
  const sum = good.reduce((total, price) => total + price.total, 0);
  return {
    imported: good.length,
    sum: Math.round(sum * 100) / 100,
    failed: (errors ?? []).filter((entry) => entry !== null),
  };
}
