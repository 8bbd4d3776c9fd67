-- Batches of EVENTS raw events, each batch with other ids, so that none is a duplicate of another.
local events = tonumber(os.getenv("EVENTS"))
local thread_number = 0
function setup(thread)
  thread_number = thread_number + 1
  thread:set("number", thread_number)
end
function init()
  count = 0
  rest = {}
  for i = 1, events do
    rest[i] = '","url":"https://shop.example/products/' .. i .. '?colour=blue","referrer":"https://search.example/",' ..
      '"ua":"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:120.0) Gecko/20100101 Firefox/120.0","ip":"8.8.8.8",' ..
      '"event":"page_view","pixel_id":7}\n'
  end
end
function request()
  count = count + 1
  local lines = {}
  for i = 1, events do
    lines[i] = '{"ts":"2026-01-05T10:00:00Z","uid":"' .. number .. "-" .. count .. "-" .. i .. rest[i]
  end
  return wrk.format("POST", "/events", nil, table.concat(lines))
end
-- Where a rate is wanted each connection waits so many milliseconds, on average, before a request.
local pause = tonumber(os.getenv("PAUSE"))
if pause > 0 then
  function delay() return math.random(0, math.floor(2 * pause)) end
end
function done(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %.3f %.3f %.3f %.3f\n", summary.requests, failed, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, latency.max / 1000))
end
