// Loads Ometria's tag file and makes the calls that Ometria documents, in its
// order: init, identify, setBasket, trackTransaction (Ometria, JavaScript
// tracking). What `shown` holds, Handlebars rendered into the page; where there
// is no Handlebars it holds the expressions themselves, and the page and the
// Storefront API are asked instead. No error ever leaves this function.
(function (config, shown) {
  "use strict";
  var started, known;

  function own(object, key) {
    return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
  }

  // rendered is false where Handlebars left its expression, as on Catalyst.
  function rendered(name) {
    return shown[name].indexOf("{" + "{") < 0;
  }

  // value undoes the escapes of Handlebars.
  function value(name) {
    var signs = { amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'", "#39": "'", "#x60": "`", "#x3D": "=" };
    return !rendered(name) ? "" : shown[name].trim().replace(/&(#?\w+);/g, function (all, sign) {
      return own(signs, sign) || all;
    });
  }

  function number(text) {
    return /^[1-9]\d*$/.test(text) ? String(text) : "";
  }

  function first(list, wanted) {
    return Array.prototype.filter.call(list, wanted)[0];
  }

  // themeType is what a theme tells its own code (BigCommerce, Stencil: extend
  // JavaScript), for pages whose scripts were not rendered.
  function themeType() {
    var bootstrap = /stencilBootstrap\(\s*["']([\w-]+)["']/;
    var found = first(document.scripts, function (script) { return bootstrap.test(script.text); });
    return found ? bootstrap.exec(found.text)[1] : "";
  }

  function typeOfPath(path) {
    if (/^\/checkout\/order-confirmation/.test(path)) return "orderconfirmation";
    if (/^\/checkout/.test(path)) return "checkout";
    if (/^\/cart(\.php)?\/?$/.test(path)) return "cart";
    if (/^\/search(\.php)?\/?$/.test(path)) return "search";
    if (path === "/") return "default";
    return document.querySelector('meta[property="og:type"][content="product"]') ? "product" : "";
  }

  // pageType is Ometria's word for BigCommerce's page_type (BigCommerce,
  // Stencil object reference: page_type).
  function pageType() {
    var types = {
      "default": "homepage", category: "listing", brand: "listing", search: "search", product: "product",
      cart: "basket", checkout: "checkout", orderconfirmation: "confirmation"
    };
    var type = value("page") || themeType() || typeOfPath(location.pathname);
    return own(types, type) || "content";
  }

  function productID() {
    var input = document.querySelector('form[action*="cart.php"] input[name="product_id"]');
    return number(value("product")) || number(input ? input.value : "");
  }

  // checkoutConfig is what BigCommerce's own checkout is started with.
  function orderID() {
    var path = /order-confirmation\/(\d+)/.exec(location.pathname);
    return number(value("order")) || number((window.checkoutConfig || {}).orderId) || number(path ? path[1] : "");
  }

  function get(path) {
    return fetch("/api/storefront/" + path, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) {
        if (!answer.ok) throw new Error(path);
        return answer.json();
      });
  }

  function ignore() {}

  function identify(email) {
    if (known || !/^[^\s@{}]+@[^\s@{}]+$/.test(email || "")) return;
    known = true;
    window.ometria.identify(email);
  }

  // variantID has the form of the variants that are pushed; an item without
  // options is of the base variant, which is not.
  function variantID(item) {
    var chosen = first(item.options || [], function (option) { return option.valueId > 0; });
    if (!chosen || !item.variantId) return undefined;
    if (config.rawVariants && item.variantId !== item.productId) return config.prefix + item.variantId;
    return config.prefix + item.productId + "-" + item.variantId;
  }

  // Items of a bundle come with their parent, which bears the price.
  function setBasket(cart) {
    var basket = new window.ometria.Basket(), items = cart.lineItems;
    basket.setTotal(cart.cartAmount, cart.currency.code);
    if (cart.id) basket.setId(cart.id);
    basket.setUrl(location.origin + "/cart.php");
    items.physicalItems.concat(items.digitalItems).forEach(function (item) {
      if (item.productId && !item.parentId) {
        basket.addLineItem(config.prefix + item.productId, item.quantity, item.extendedSalePrice, variantID(item));
      }
    });
    window.ometria.setBasket(basket);
  }

  // An empty basket is told on its own page alone, where it was emptied (carts:
  // BigCommerce, Storefront Carts).
  function trackBasket(type) {
    var empty = { cartAmount: 0, currency: { code: config.currency }, lineItems: { physicalItems: [], digitalItems: [] } };
    if (type !== "basket" && type !== "checkout" && rendered("cart") && !value("cart")) return;
    get("carts?include=lineItems.digitalItems.options,lineItems.physicalItems.options").then(function (carts) {
      var cart = carts[0] || (type === "basket" ? empty : null);
      if (!cart) return;
      identify(cart.email);
      setBasket(cart);
    }).catch(ignore);
  }

  // The specification has orders/{id}, BigCommerce's guides order/{id}.
  function trackTransaction() {
    var order = orderID();
    if (!order) return;
    (known ? Promise.resolve() : get("orders/" + order).catch(function () { return get("order/" + order); })
      .then(function (placed) { identify(placed.billingAddress.email); })
    ).catch(ignore).then(function () {
      window.ometria.trackTransaction(config.prefix + order);
    }).catch(ignore);
  }

  function track() {
    var type = pageType(), product = type === "product" && productID();
    window.ometria.init(type, product ? { pid: config.prefix + product } : {}, config.store);
    identify(value("email"));
    if (type === "confirmation") trackTransaction();
    else trackBasket(type);
  }

  function start() {
    if (started || !window.ometria || typeof window.ometria.init !== "function") return;
    started = true;
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", guard(track));
    else guard(track)();
  }

  function guard(call) {
    return function () {
      try { call(); } catch (e) { ignore(e); }
    };
  }

  // The tag file calls onLoad if the page defines it; a script's load event
  // comes in any case.
  guard(function () {
    if (window.ometriaPageCalls) return;
    window.ometriaPageCalls = true;
    var page = window.ometria = window.ometria || {}, before = page.onLoad;
    page.onLoad = function () {
      if (before) guard(before)();
      guard(start)();
    };
    var tag = first(document.scripts, function (script) { return script.src === config.tag; });
    if (!tag) {
      tag = document.createElement("script");
      tag.async = true;
      tag.src = config.tag;
      (document.head || document.documentElement).appendChild(tag);
    }
    tag.addEventListener("load", guard(start));
    start();
  })();
})
