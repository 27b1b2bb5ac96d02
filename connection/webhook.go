package connection

// WebhookSecretHeader carries a connection's webhook secret. Our hooks are made
// with it, and BigCommerce sends it back on each delivery (Webhooks overview,
// "headers").
const WebhookSecretHeader = "X-Ometria-Bigcommerce-Secret"
