#pragma once

#include <filesystem>

#include "net/http_server.h"

namespace weir::world {

// The platform's API over a folder of its JSON files: GET /<objects>?page=&page_size= answers
// {"<objects>": […], "page", "page_size", "total"}; pages count from 1, 1 to 1000 objects each, 100
// by default. 404 for a file that isn't there.
net::ServerAnswer AnswerPlatform(const std::filesystem::path& folder,
                                 const net::ServerRequest& request);

}  // namespace weir::world
