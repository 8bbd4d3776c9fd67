-- One pixel a request, of a browser that has its cookies.
function init() count = 0 end
function request()
  count = count + 1
  return wrk.format("GET", "/px?pixel_id=7&url=https%3A%2F%2Fshop.example%2F&order_id=" .. count, {["Cookie"] = "weir_uid=0123456789abcdef0123456789abcdef"})
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
