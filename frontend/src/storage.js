// GraphiQL keeps tabs and history in the browser. Each login gets a corner of its own, so that the next person at
// the same browser does not find them.

/** A Storage for GraphiQL whose keys all begin with the login's id. */
export function storageOf(owner) {
  const prefix = `gateway:${owner}:`;
  const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => ownKeys().forEach((key) => localStorage.removeItem(key)),
    get length() {
      return ownKeys().length;
    },
  };
}
