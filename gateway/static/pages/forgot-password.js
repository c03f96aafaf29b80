// Asking for the link that sets a new password.

import { handle, send, show } from "./pages.js";

const REQUEST = `mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
  requestPasswordReset(input: $input) { accepted userErrors { code message field retryAfterMs } }
}`;

handle(document.getElementById("ask"), async ({ email }) => {
  const errors = await send(REQUEST, "requestPasswordReset", { email: email.trim() });
  if (!errors.length) document.getElementById("address").textContent = email.trim();
  return errors;
});

show("ask");
