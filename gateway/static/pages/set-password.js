// A new password by the link of a mail: after a reset, to accept an invitation, or to open a registered account.

import { followToken, handle, send, show } from "./pages.js";

const RESET = `mutation ResetPassword($input: ResetPasswordInput!) {
  resetPassword(input: $input) { accepted userErrors { code message field retryAfterMs } }
}`;

const form = document.getElementById("set");
const password = document.getElementById("newPassword");
let token = "";

followToken((found) => {
  token = found;
  show(token ? "set" : "no-link");
});

document.getElementById("show").addEventListener("change", ({ target }) => {
  password.type = target.checked ? "text" : "password";
});

handle(form, async ({ newPassword }) => {
  const errors = await send(RESET, "resetPassword", { token, newPassword });
  if (!errors.length) password.value = token = "";
  document.getElementById("another").hidden = !errors.some(({ code }) => code === "TOKEN_EXPIRED");
  return errors;
});
