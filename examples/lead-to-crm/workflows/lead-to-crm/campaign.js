({ tag, position }) => ({
  campaign: `nurture-${tag.replace(/[^a-z0-9]+/g, '-')}`,
  priority: position + 1,
})
