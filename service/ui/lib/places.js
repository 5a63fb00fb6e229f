// Where the page and the API are, found from where this module is: so a path prefix is right by itself.

const here = new URL(import.meta.url);

/** The page's own start, …/ui/. */
export const root = here.protocol === "file:" ? new URL("http://localhost/ui/") : new URL("../../../", here);

/** Below it is every path of the API. */
export const api = new URL("../", root);
