-- The operation that wrk sends again and again, and what it found, as one line of JSON.
local function read(name)
  local file = assert(io.open(os.getenv(name), "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

wrk.method = "POST"
wrk.body = read("BENCH_BODY")
for line in read("BENCH_HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "median_microseconds": %d, "failures": %d}\n',
    summary.requests, summary.duration, latency:percentile(50),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
