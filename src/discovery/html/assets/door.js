// Asking the server. A credential lives in this closure and nowhere else: no storage, no cookie, no address.

const door = (() => {
  let token = null;
  return {
    knows: () => token !== null,
    keep: (given) => { token = given; },
    headers: () => (token === null ? {} : { authorization: `Bearer ${token}` }),
  };
})();

/** Asks the server that the page came from. */
function ask(path, options = {}) {
  const headers = { ...options.headers, ...door.headers() };
  return fetch(path, { ...options, headers, credentials: "omit", cache: "no-store", redirect: "error" });
}

/** What the server said of a request that it did not answer. */
async function refusal(answer) {
  try {
    const { errors } = await answer.json();
    return errors.join(" ");
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

/** The page of the caller, which the server has made whole; a document that is read so runs no script. */
function callersPage() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", "docs/actions");
    request.responseType = "document";
    for (const [name, value] of Object.entries(door.headers())) request.setRequestHeader(name, value);
    request.addEventListener("load", () => {
      const content = request.status === 200 ? request.response?.getElementById("content") : null;
      if (content) resolve(document.importNode(content, true));
      else reject(request.status);
    });
    request.addEventListener("error", () => reject(0));
    request.send();
  });
}

const TURNED_AWAY = {
  0: "The server could not be reached.",
  401: "The server does not know this credential.",
  429: "Too many tries. Wait a minute, then try again.",
  503: "The server cannot take you in now. Try again in a moment.",
};

async function enter() {
  const field = $("token");
  door.keep(field.value.trim());
  $("refused").textContent = "";
  try {
    const content = await callersPage();
    $("content").replaceWith(content);
    const leave = make("button", { type: "button", id: "leave" }, "Sign out");
    leave.addEventListener("click", () => location.reload());
    $("theme").before(leave);
    $("actions").focus();
    openNamed();
  } catch (status) {
    door.keep(null);
    $("refused").textContent = TURNED_AWAY[status] ?? `The server answered ${status}.`;
    field.select();
  }
}

$("door")?.addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
