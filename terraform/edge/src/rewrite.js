// Routes of the single-page application exist in the browser only: whatever
// does not look like a file gets the page that knows them.
function handler(event) {
  var request = event.request;
  var last = request.uri.slice(request.uri.lastIndexOf('/') + 1);

  if (last.indexOf('.') === -1) {
    request.uri = '/index.html';
  }
  return request;
}
