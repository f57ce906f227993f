// Swagger UI over our own description; nothing of it is sent to a validator of somebody else.
const place = document.getElementById("swagger");
SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
