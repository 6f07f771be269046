"""Hold what the store does in one step, in its own language (Lua 5.1). No other node comes between two lines of these.

All times are seconds of the store's clock: the clocks of the machines may differ by a minute, and it does not matter.
The keys of lines follow from the key of all slots: `ivr:1:slots` and `ivr:1:slots:LINE`.

An owner is `BEGAN NODE STREAM`: since when, where, and as which stream of that node a call is on the line.
"""

from __future__ import annotations

from typing import Final

_BEGIN: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local function till(seconds) return string.format('%.3f', now + seconds) end
local function purge(slots, owners)
  for _, call in ipairs(redis.call('ZRANGEBYSCORE', slots, '-inf', now)) do
    redis.call('ZREM', slots, call)
    if owners then redis.call('HDEL', owners, call) end
  end
end
local function began(owner) return tonumber(string.match(owner, '^[^ ]+')) end
"""

TAKE: Final = (
    _BEGIN
    + """
-- KEYS slots owners nodes limits   ARGV call line hold fleet_most line_most node node_most known
local line = KEYS[1] .. ':' .. ARGV[2]
purge(KEYS[1], KEYS[2])
purge(line)
local answer = 1
if redis.call('ZSCORE', KEYS[1], ARGV[1]) or ARGV[8] == '1' then
  answer = 2
else
  -- This node may not have said yet what it carries, and what it said may be old.
  local most = tonumber(ARGV[7])
  for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. string.format('%.3f', now), '+inf')) do
    if node ~= ARGV[6] then most = most + tonumber(redis.call('HGET', KEYS[4], node) or '0') end
  end
  local limit = tonumber(ARGV[4])
  if limit > 0 and limit < most then most = limit end
  if redis.call('ZCARD', KEYS[1]) >= most then return 0 end
  if tonumber(ARGV[5]) > 0 and redis.call('ZCARD', line) >= tonumber(ARGV[5]) then return -1 end
end
redis.call('ZADD', KEYS[1], 'GT', till(ARGV[3]), ARGV[1])
redis.call('ZADD', line, 'GT', till(ARGV[3]), ARGV[1])
return answer
"""
)
"""Give a place: 1 to a new call, 2 to one that is known, 0: the fleet is full, -1: its line is."""

ARRIVE: Final = (
    _BEGIN
    + """
-- KEYS slots owners token   ARGV call line live node stream used_for mark
if ARGV[6] ~= '0' and not redis.call('SET', KEYS[3], ARGV[7], 'NX', 'EX', ARGV[6]) then
  if redis.call('GET', KEYS[3]) ~= ARGV[7] then return {0} end
end
local older = redis.call('HGET', KEYS[2], ARGV[1])
if older and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then older = nil end
-- A newer stream is newer by the number too, also where two come within the same moment.
local since = string.format('%.6f', older and math.max(now, began(older) + 0.00001) or now)
redis.call('HSET', KEYS[2], ARGV[1], since .. ' ' .. ARGV[4] .. ' ' .. ARGV[5])
redis.call('ZADD', KEYS[1], till(ARGV[3]), ARGV[1])
redis.call('ZADD', KEYS[1] .. ':' .. ARGV[2], till(ARGV[3]), ARGV[1])
return {1, since, older or ''}
"""
)
"""Use a token up (unless `used_for`, in seconds, is 0), and put a call on the line. 0: the token was used before.
Else 1, since when the call is there, and the older owner or an empty text."""

LEAVE: Final = (
    _BEGIN
    + """
-- KEYS slots owners   ARGV call line since
local owner = redis.call('HGET', KEYS[2], ARGV[1])
if owner and began(owner) > tonumber(ARGV[3]) then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[1] .. ':' .. ARGV[2], ARGV[1])
return 1
"""
)
"""Free the place of a call whose stream is over, unless a newer stream has it."""

FORGET: Final = (
    _BEGIN
    + """
-- KEYS slots owners   ARGV call lines
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then return 0 end
for at = 2, #ARGV do redis.call('ZREM', KEYS[1] .. ':' .. ARGV[at], ARGV[1]) end
return redis.call('ZREM', KEYS[1], ARGV[1])
"""
)
"""Free the place of a call that will not come. One that is on the line keeps it."""

RENEW: Final = (
    _BEGIN
    + """
-- KEYS slots owners   ARGV node live, then of each call: call line stream began
local lost = {}
for at = 3, #ARGV, 4 do
  local owner = redis.call('HGET', KEYS[2], ARGV[at])
  if owner and not redis.call('ZSCORE', KEYS[1], ARGV[at]) then owner = nil end
  if owner and began(owner) > tonumber(ARGV[at + 3]) then
    lost[#lost + 1] = ARGV[at]
  else
    redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 3] .. ' ' .. ARGV[1] .. ' ' .. ARGV[at + 2])
    redis.call('ZADD', KEYS[1], 'GT', till(ARGV[2]), ARGV[at])
    redis.call('ZADD', KEYS[1] .. ':' .. ARGV[at + 1], 'GT', till(ARGV[2]), ARGV[at])
  end
end
return lost
"""
)
"""Keep the places of all calls of a node, or write them again. Return those that a newer stream has, elsewhere."""

RESTORE: Final = (
    _BEGIN
    + """
-- KEYS slots owners   ARGV of each call: call line hold
for at = 1, #ARGV, 3 do
  if redis.call('HEXISTS', KEYS[2], ARGV[at]) == 0 then
    redis.call('ZADD', KEYS[1], 'NX', till(ARGV[at + 2]), ARGV[at])
    redis.call('ZADD', KEYS[1] .. ':' .. ARGV[at + 1], 'NX', till(ARGV[at + 2]), ARGV[at])
  end
end
return 1
"""
)
"""Write the places of awaited calls again, which the store has lost."""

BEAT: Final = (
    _BEGIN
    + """
-- KEYS own_beat nodes limits slots owners   ARGV node boot beat live limit force beat_key
for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], node)
  redis.call('HDEL', KEYS[3], node)
end
purge(KEYS[4], KEYS[5])
local found = redis.call('GET', KEYS[1])
local mine = 0
if not found or ARGV[6] == '1' or string.find(found, ARGV[2], 1, true) then
  mine = 1
  redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
  redis.call('ZADD', KEYS[2], till(ARGV[4]), ARGV[1])
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[5])
end
local beats = {}
for _, node in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  beats[#beats + 1] = redis.call('GET', ARGV[7] .. node) or ''
end
return {mine, found or '', string.format('%.6f', now), redis.call('ZCARD', KEYS[4]), beats}
"""
)
"""Say that a node lives, unless another has its name (`boot` tells them apart, and `force` overrides). Return 1 or 0,
the beat that was there, the store's time, the calls of the fleet, and the beats of all nodes."""

DEPART: Final = """
-- KEYS own_beat nodes limits   ARGV node boot
local found = redis.call('GET', KEYS[1])
if not found or not string.find(found, ARGV[2], 1, true) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
"""
"""Say that a node has ended."""
