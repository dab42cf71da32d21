local v = head()
if not v then
  return {'UNKNOWN'}
end
renew(v)
return stored(v[L], v[N])
