// A new sign-in address by the link of a mail. Opening the page changes nothing: programs that look through mail do so.

import { followToken, handle, send, show } from "./pages.js";

const CONFIRM = `mutation ConfirmLoginEmail($input: ConfirmLoginEmailInput!) {
  confirmLoginEmail(input: $input) { accepted userErrors { code message field retryAfterMs } }
}`;

let token = "";

followToken((found) => {
  token = found;
  show(token ? "confirm" : "no-link");
});

handle(document.getElementById("confirm"), () => send(CONFIRM, "confirmLoginEmail", { token }));
