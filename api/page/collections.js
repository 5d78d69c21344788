// Collections: what each holds, how it is asked where nothing else is said, and its end.

import { confirmed, tell } from "./dialogs.js";
import { announce, fill, h, iconButton, select } from "./dom.js";
import { send } from "./service.js";
import { count, figures } from "./words.js";

const ROUTES = [["", "Usual"], ["fused", "Fused"], ["shared", "Shared"], ["caption", "Caption"]];

export class CollectionsTable {
  /** `onChange` is called when one was deleted. */
  constructor({ onChange }) {
    this.onChange = onChange;
    this.rows = h("tbody");
    const head = ["Name", "Documents", "Route", "Generator"].map((words) => h("th", { scope: "col" }, words));
    const table = h("table", {}, h("thead", {}, h("tr", {}, head, h("th", { scope: "col" }, h("span", { class: "unseen" }, "Delete")))), this.rows);
    this.element = h("section", { class: "collections-section", "aria-labelledby": "collections-title", hidden: true }, h("header", {}, h("h2", { id: "collections-title" }, "Collections")), h("p", { class: "hint" }, "How a collection is asked where a question names it alone and says nothing else."), h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Table of collections" }, table));
  }

  show(collections, generators) {
    this.element.hidden = collections.length === 0;
    const offered = [["", "Usual"], ...generators.map((one) => [one, one])];
    fill(this.rows, collections.map((one) => this.row(one, offered)));
  }

  row(one, generators) {
    const set = () => this.set(one.name, { route: route.value || null, generator: generator.value || null });
    const route = select(`Route of ${one.name}`, ROUTES, { value: one.route ?? "", onChange: set });
    const generator = select(`Generator of ${one.name}`, generators, { value: one.generator ?? "", onChange: set });
    return h("tr", {}, h("th", { scope: "row" }, h("bdi", {}, one.name)), h("td", { class: "figure" }, figures(one.documents)), h("td", {}, route), h("td", {}, generator), h("td", {}, iconButton("delete", `Delete the collection ${one.name}`, () => this.remove(one))));
  }

  async set(name, asked) {
    try {
      await send(`/v1/collections/${encodeURIComponent(name)}`, { method: "PUT", json: asked });
      announce(`${name} is set.`);
    } catch (error) {
      tell(error);
      this.onChange(); // what is so is shown again
    }
  }

  async remove({ name, documents }) {
    const meant = await confirmed({
      title: `Delete the collection ${name}?`,
      text: `Its ${count(documents, "document")} go from the library, but for those that lie in another collection too.`,
      action: "Delete",
    });
    if (!meant) return;
    try {
      const asked = encodeURIComponent(name);
      await send(`/v1/collections/${asked}?confirm=${asked}`, { method: "DELETE" });
    } catch (error) {
      tell(error);
      return;
    }
    announce(`The collection ${name} is deleted.`);
    this.onChange();
    document.getElementById("search-documents").focus();
  }
}
