({ company, user }) => ({
  recipient: user,
  subject: `How is the trial going, ${company}?`,
  talkingPoints: ['first workflow', 'team access', 'pricing'],
})
