({ order }) => {
  const { id, quantity, unitPrice } = order;
  if (!(quantity > 0)) throw new Error(`order ${id}: the quantity ${quantity} makes no sense`);
  const discount = quantity >= 100 ? 0.1 : 0;
  return { id, total: Math.round(quantity * unitPrice * (1 - discount) * 100) / 100 };
}
