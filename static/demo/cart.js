/**
 * The page /demo/cart: a shop, two carts that race, an order as it runs, and the books that must balance. What it shows
 * it reads from the server; of its own it has nothing but the ids of its two carts.
 */

import { html, render, useState } from "../vendor/htm-preact.js";
import { ask, pause, Said, Top, useAway, usePolled } from "./server.js";

const STEPS = ["reserving", "paying", "confirming", "confirmed"];
const PAYMENTS = {
  works: "The bank works",
  declined: "The card is declined",
  flaky: "The bank cannot be reached, twice",
  lost: "The bank charges, and its answer is lost",
  hangs: "The bank hangs, the first time",
};

const money = (cents) => `${(cents / 100).toFixed(2)} €`;

/** One of this browser's two carts: its id is its key, so it is random and kept here only. */
function cartId(who) {
  const name = `everturn.demo.cart.${who}`;
  let id = localStorage.getItem(name);
  if (!id) localStorage.setItem(name, (id = crypto.randomUUID()));
  return id;
}

const Bar = ({ p }) => html`<div class="stock" role="img" aria-label=${`${p.available} available, ${p.reserved} reserved, ${p.sold} sold of ${p.stocked}`}>
  ${["available", "reserved", "sold"].map((part) => p[part] > 0 && html`<span class=${part} style=${{ flexGrow: p[part] }}>${p[part]}</span>`)}
</div>`;

const Shelf = ({ products, add, restock }) => html`<section class="panel card">
  <h2>The shelf</h2>
  <p class="legend"><span class="available">available</span><span class="reserved">reserved</span><span class="sold">sold</span></p>
  <ul class="shelf">
    ${products.map(
      (p) => html`<li key=${p.sku}>
        <div class="what"><strong>${p.name}</strong><span>${money(p.price)}</span></div>
        <${Bar} p=${p} />
        <div class="buttons">
          <button onClick=${() => add("you", p.sku)}>Into the cart</button>
          <button class="quiet" onClick=${() => restock(p.sku)} aria-label=${`+ 10 of ${p.name}`}>+ 10</button>
        </div>
      </li>`,
    )}
  </ul>
</section>`;

const Steps = ({ order }) => {
  const failed = order.state === "refused" || order.state === "failed" || order.state === "undoing";
  const at = STEPS.indexOf(order.state);
  return html`<div class="order" aria-live="polite">
    <ol class="steps">
      ${STEPS.map((step, i) => html`<li class=${failed ? "off" : i < at || order.state === "confirmed" ? "done" : i === at ? "now" : ""}>${step}</li>`)}
      ${failed && html`<li class=${order.state === "undoing" ? "now bad" : "done bad"}>${order.state === "undoing" ? "undoing" : order.state}</li>`}
    </ol>
    ${order.why && html`<p class="why">${order.why}.</p>`}
    <p class="soft">Order <code>${order.id.slice(0, 8)}</code>, ${money(order.total ?? 0)}</p>
  </div>`;
};

const Cart = ({ who, name, payment, products, changed, say }) => {
  const [cart, setCart] = usePolled(`/api/carts/${cartId(who)}`, 1000);
  const [order, setOrder] = useState(null);
  changed[who] = setCart;
  const put = (sku, qty) => ask("PUT", `/api/carts/${cartId(who)}/items/${sku}`, { qty }).then(setCart, (e) => say(e.message));
  const buy = async () => {
    try {
      let now = await ask("POST", `/api/carts/${cartId(who)}/checkout`, { payment }, crypto.randomUUID());
      for (; ; await pause(150)) {
        setOrder(now);
        if (["confirmed", "refused", "failed"].includes(now.state)) return;
        now = await ask("GET", `/api/orders/${now.id}`);
      }
    } catch (error) {
      say(error.message);
    }
  };
  changed[`buy-${who}`] = buy;
  const nameOf = (sku) => products.find((p) => p.sku === sku)?.name ?? sku;
  return html`<section class="panel card">
    <h2>${name}</h2>
    ${cart?.items.length
      ? html`<ul class="lines">
          ${cart.items.map(
            (l) => html`<li key=${l.sku}>
              <span>${nameOf(l.sku)}</span>
              <span class="qty">
                <button class="quiet" onClick=${() => put(l.sku, l.qty - 1)} aria-label=${`One ${nameOf(l.sku)} less`}>−</button>
                <b>${l.qty}</b>
                <button class="quiet" onClick=${() => put(l.sku, l.qty + 1)} aria-label=${`One ${nameOf(l.sku)} more`}>+</button>
              </span>
            </li>`,
          )}
        </ul>`
      : html`<p class="soft">Nothing yet.</p>`}
    <p class="total"><span>Total</span><strong>${money(cart?.total ?? 0)}</strong></p>
    <button class="primary" disabled=${!cart?.items.length || cart?.order} onClick=${buy}>Order and pay</button>
    ${order && html`<${Steps} order=${order} />`}
  </section>`;
};

const Books = ({ products, till, rush }) => {
  const wrong = products.filter((p) => p.available + p.reserved + p.sold !== p.stocked);
  const kept = till.charged - till.refunded;
  return html`<section class="panel card books">
    <h2>The books</h2>
    <dl>
      <div class=${wrong.length ? "bad" : "good"}>
        <dt>available + reserved + sold = stocked</dt>
        <dd>${wrong.length ? `not for ${wrong.map((p) => p.name).join(", ")}` : "for every product"}</dd>
      </div>
      <div class=${kept === till.confirmed && till.payments === till.orders ? "good" : "now"}>
        <dt>money charged = orders confirmed, once nothing is under way</dt>
        <dd>${money(kept)} for ${till.payments} payments; ${money(till.confirmed)} for ${till.orders} orders${till.refunded ? `; ${money(till.refunded)} given back` : ""}</dd>
      </div>
    </dl>
    ${rush?.customers > 0 &&
    html`<div class="rush" aria-live="polite">
      <progress max=${rush.customers} value=${rush.running ? rush.begun : rush.customers}></progress>
      <p>
        ${rush.running
          ? html`<b>${rush.begun}</b> of ${rush.customers} customers are after ${rush.tickets} tickets…`
          : html`<b>${rush.confirmed}</b> of ${rush.customers} customers have one of ${rush.tickets} tickets, <b>${rush.refused}</b> were told that there are none.`}
      </p>
    </div>`}
  </section>`;
};

const App = () => {
  const [products, setProducts] = usePolled("/api/shop/products", 400);
  const [till] = usePolled("/api/shop/till", 400);
  const [rush] = usePolled("/api/shop/rush", 500);
  const [payment, setPayment] = useState("works");
  const [said, say] = useState("");
  const gone = useAway();
  const [changed] = useState({});
  if (!products || !till) return html`<p class="soft loading">The shop opens…</p>`;
  const put = (who, sku, qty) => ask("PUT", `/api/carts/${cartId(who)}/items/${sku}`, { qty }).then((c) => changed[who](c));
  const add = async (who, sku) => {
    try {
      const cart = await ask("GET", `/api/carts/${cartId(who)}`);
      await put(who, sku, Math.min(99, (cart.items.find((l) => l.sku === sku)?.qty ?? 0) + 1));
      say("");
    } catch (error) {
      say(error.message);
    }
  };
  const restock = (sku) =>
    ask("POST", `/api/shop/products/${sku}/restock`, { qty: 10 }).then((p) => setProducts(products.map((x) => (x.sku === sku ? p : x))), (e) => say(e.message));
  const race = async () => {
    try {
      const crown = products.find((p) => p.sku === "crown");
      if (crown.available < 1) await ask("POST", "/api/shop/products/crown/restock", { qty: 1 });
      await Promise.all([put("you", "crown", 1), put("rival", "crown", 1)]);
      await Promise.all([changed["buy-you"](), changed["buy-rival"]()]);
    } catch (error) {
      say(error.message);
    }
  };
  const startRush = () => ask("POST", "/api/shop/rush", {}).catch((e) => say(e.message));
  return html`
    <${Top} />
    <main>
      <h1>A shop that cannot oversell</h1>
      <p class="lead">
        Fill the cart and order. Each order is an orchestration that reserves, pays and confirms, or undoes what it did.${" "}
        <b>Kill the server at any moment</b>: when it is back, every order goes on where it was, and the books balance.
      </p>
      <${Said} gone=${gone} said=${said} say=${say} meanwhile="Orders go on as soon as it is back." />
      <div class="switches card">
        <label>Payments <select value=${payment} onChange=${(e) => setPayment(e.target.value)}>
          ${Object.entries(PAYMENTS).map(([mode, text]) => html`<option value=${mode}>${text}</option>`)}
        </select></label>
        <button onClick=${race}>Race for the last crown</button>
        <button onClick=${startRush} disabled=${rush?.running}>Send 1,000 carts after 100 tickets</button>
      </div>
      <div class="floor">
        <${Shelf} products=${products} add=${add} restock=${restock} />
        <div class="carts">
          <${Cart} who="you" name="Your cart" payment=${payment} products=${products} changed=${changed} say=${say} />
          <${Cart} who="rival" name="Somebody else's" payment=${payment} products=${products} changed=${changed} say=${say} />
        </div>
        <${Books} products=${products} till=${till} rush=${rush} />
      </div>
    </main>
  `;
};

render(html`<${App} />`, document.getElementById("app"));
