#include "net/http_request.h"

#include "net/http_client.h"

namespace weir::net {

HttpAnswer Ask(const HttpRequest& request) { return HttpClient().Ask(request); }

}  // namespace weir::net
