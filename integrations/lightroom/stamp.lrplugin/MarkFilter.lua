-- A post-process action of the export dialogue: each rendered photo is marked before it goes on.
local LrFileUtils = import "LrFileUtils"
local LrPathUtils = import "LrPathUtils"
local LrTasks = import "LrTasks"
local LrView = import "LrView"

local Command = require "Command"

local FIELDS = {
  { key = "program", title = "Command", default = WIN_ENV and "stamp.exe" or "/usr/local/bin/stamp" },
  { key = "copyright", title = "Copyright notice", default = "" },
  { key = "creator", title = "Creator", default = "" },
  { key = "recipient", title = "Who gets these copies", default = "" },
  { key = "options", title = "More options", default = "" },
}

local function presets()
  local found = {}
  for _, field in ipairs(FIELDS) do
    found[#found + 1] = { key = field.key, default = field.default }
  end
  return found
end

local function section(view, properties)
  local found = { title = "Mark with stamp", bind_to_object = properties, spacing = view:control_spacing() }
  for _, field in ipairs(FIELDS) do
    found[#found + 1] = view:row {
      view:static_text { title = field.title, width = LrView.share "stamp_titles" },
      view:edit_field { value = LrView.bind(field.key), fill_horizontal = 1 },
    }
  end
  return found
end

local function said(log)
  local text = LrFileUtils.exists(log) and LrFileUtils.readFile(log) or ""
  return text ~= "" and text or "stamp could not be started: is the command right?"
end

local function post_process(_, context)
  local settings = {}
  for _, field in ipairs(FIELDS) do
    settings[field.key] = context.propertyTable[field.key]
  end
  for source, target in context:renditions { plugin = _PLUGIN, renditionsToSatisfy = context.renditionsToSatisfy } do
    local rendered, path = source:waitForRender()
    if rendered then
      local log = LrPathUtils.addExtension(path, "stamp.log")
      local status = LrTasks.execute(Command.line(settings, path, log, WIN_ENV))
      if status ~= 0 then
        target:renditionIsDone(false, said(log))
      end
      LrFileUtils.delete(log)
    end
  end
end

return {
  exportPresetFields = presets(),
  sectionForFilterInDialog = section,
  postProcessRenderedPhotos = post_process,
}
