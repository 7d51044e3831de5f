-- The command line that marks one file. Apart from Lightroom, so that it can be tried without it.
local Command = {}

-- A word of a command that no shell looks into.
local function quoted(word, on_windows)
  if on_windows then
    -- A name of a file has no double quotes there, and other texts lose them; % would be the beginning of a variable.
    return '"' .. word:gsub('"', ""):gsub("%%", "") .. '"'
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- settings : program, copyright, creator, recipient, options (as typed by the user). path : the rendered file,
-- which Lightroom has just made and which is marked where it is. log : gets what the command says.
function Command.line(settings, path, log, on_windows)
  local words = { quoted(settings.program, on_windows), "embed", "--in-place", "--quiet" }
  local function add(name, value)
    if value and value:match("%S") then
      words[#words + 1] = name
      words[#words + 1] = quoted(value, on_windows)
    end
  end
  add("--copyright", settings.copyright)
  add("--creator", settings.creator)
  add("--recipient", settings.recipient)
  for word in (settings.options or ""):gmatch("%S+") do
    words[#words + 1] = quoted(word, on_windows)
  end
  words[#words + 1] = "--"
  words[#words + 1] = quoted(path, on_windows)
  local line = table.concat(words, " ") .. " >" .. quoted(log, on_windows) .. " 2>&1"
  -- cmd.exe takes off the first and the last quotation mark of a line.
  return on_windows and '"' .. line .. '"' or line
end

return Command
