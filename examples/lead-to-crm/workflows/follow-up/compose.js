// What the mail service would be handed.
({ plan, execution }) => {
  console.log(`composing the follow-up for ${plan.recipient}`);
  const list = plan.talkingPoints.map((point) => `- ${point}`).join('\n');
  return {
    to: plan.recipient,
    subject: plan.subject,
    text: `Hello,\n\nlet us talk about:\n${list}\n\nRegards\n(reference ${execution})`,
  };
}
