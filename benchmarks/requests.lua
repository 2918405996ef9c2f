-- wrk sends the requests of a file in turn: method, path and body between tabs.
local messages, turn = {}, 0

function init(arguments)
   for line in io.lines(arguments[1]) do
      local method, path, body = line:match("^(%u+)\t(%S+)\t(.*)$")
      messages[#messages + 1] = wrk.format(method, path, nil, body)
   end
end

function request()
   turn = turn % #messages + 1
   return messages[turn]
end
