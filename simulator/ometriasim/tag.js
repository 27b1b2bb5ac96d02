// Stands in for an account's tag file: the API, page types and limits as public
// tag files have them. What the real one would send as an image request, this
// one keeps.
(function () {
  var silent = false;
  var page = window.ometria || {}, calls = window.ometriaCalls = window.ometriaCalls || [];
  var types = ["homepage", "landing", "listing", "product", "basket", "checkout", "confirmation", "search", "content"];
  var sent = "0:0";

  function keep(name, args, wrong) {
    calls.push(wrong ? { call: name, args: args, wrong: wrong } : { call: name, args: args });
  }

  function Basket() {
    this.lines = [];
  }
  Basket.prototype.setTotal = function (total, currency) { this.total = total; this.currency = currency; };
  Basket.prototype.setId = function (id) { this.id = id; };
  Basket.prototype.setUrl = function (url) { this.url = url; };
  Basket.prototype.addLineItem = function (product, quantity, total, variant, properties) {
    this.lines.push({ product: product, quantity: quantity, total: total, variant: variant, properties: properties });
  };

  var api = {
    account: "ACCOUNT",
    raw_data: page.raw_data,
    onLoad: page.onLoad,
    Basket: Basket,
    init: function (type, data, store) {
      var wrong = calls.length ? "not the first call" : types.indexOf(type) < 0 ? "unknown page type" :
        type === "product" && typeof data.pid !== "string" ? "a product page without pid" : "";
      keep("init", [type, data, store], wrong);
    },
    identify: function (email) {
      keep("identify", [email], /^[^@\s]+@[^@\s]+$/.test(email) ? "" : "no e-mail address");
    },
    setBasket: function (basket) {
      var now = basket.lines.length + ":" + basket.total;
      if (!(basket instanceof Basket) || typeof basket.total !== "number" || !/^[A-Z]{3}$/.test(basket.currency)) {
        keep("setBasket", [basket], "not a basket with total and currency");
      } else if (now !== sent || basket.lines.length === 0) {
        sent = now; // an unchanged basket is not sent again
        keep("setBasket", [basket]);
      }
    },
    trackTransaction: function (order) {
      keep("trackTransaction", [order], typeof order === "string" && order ? "" : "no order id");
    }
  };
  window.ometria = api;
  if (!silent && typeof api.onLoad === "function") api.onLoad();
})();
