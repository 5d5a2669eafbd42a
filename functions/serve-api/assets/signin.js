// A token goes in; a cookie that no script can read comes out.

import * as api from "./api.js";
import { byId } from "./dom.js";
import { word } from "./words.js";

const say = (text) => {
  byId("token-error").textContent = text;
  byId("token").setAttribute("aria-invalid", String(Boolean(text)));
};

const problemOf = (error) => {
  if (error.status === 401 || error.status === 400 || error.status === 422) return word("tokenWrong");
  if (error.status === 403) return word("tokenCannotRead");
  return word("signInFailed", error.status === 0 ? word("noAnswer") : error.message);
};

export const askForToken = (reason = "") => {
  byId("board").hidden = true;
  byId("sign-in").hidden = false;
  document.title = `${word("signIn")} – Toban`;
  say(reason);
  byId("token").focus();
};

export const onSignIn = (done) => {
  byId("sign-in-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const token = byId("token").value.trim();
    if (!token) return say(word("tokenEmpty"));
    if (!/^tbn_\S+$/.test(token)) return say(word("tokenForm"));
    const button = event.target.querySelector("button");
    button.disabled = true;
    say("");
    try {
      await api.startSession(token);
      byId("token").value = "";
      byId("sign-in").hidden = true;
      await done();
      byId("main").focus();
    } catch (error) {
      say(problemOf(error));
      byId("token").focus();
    } finally {
      button.disabled = false;
    }
    return undefined;
  });
};
