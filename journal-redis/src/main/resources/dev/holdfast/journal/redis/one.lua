-- The script of one append, as a function of what it is usually called with. Ends in appends.lua.
local function one(KEYS, ARGV)
