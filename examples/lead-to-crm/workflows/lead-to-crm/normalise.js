// One spelling for every lead, so that the same person is recognised the next time.
function ({ lead }, { lodash }) {
  const email = lead.email.trim().toLowerCase();
  const [mailbox, domain] = email.split('@');
  if (!mailbox || !domain) throw new Error(`"${lead.email}" is not an e-mail address`);
  const name = (lead.name ?? mailbox.replace(/[._-]+/g, ' ')).trim();
  return {
    email,
    domain,
    name: lodash.startCase(name),
    employees: lead.employees ?? 0,
    tags: lodash.uniq((lead.tags ?? []).map((tag) => String(tag).trim().toLowerCase())),
  };
}
