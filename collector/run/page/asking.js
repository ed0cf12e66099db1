// Questions to the admin endpoint. The token stays in this page's memory: it is in no storage.

export class Refused extends Error {}

export class Asking {
  token = "";

  async json(path) {
    const headers = this.token ? { Authorization: `Bearer ${this.token}` } : {};
    const answer = await fetch(path, { headers, cache: "no-store" });
    if (answer.status === 401) throw new Refused();
    if (!answer.ok) throw new Error((await answer.text()).trim() || `${path}: ${answer.status}`);
    return answer.json();
  }
}
