-- What Lightroom Classic reads first: which plug-in this is, and where its parts are.
return {
  LrSdkVersion = 10.0,
  LrSdkMinimumVersion = 6.0,
  LrToolkitIdentifier = "org.example.stamp",
  LrPluginName = "stamp",
  LrExportFilterProvider = {
    title = "Mark with stamp",
    file = "MarkFilter.lua",
    id = "mark",
  },
  VERSION = { major = 0, minor = 1, revision = 0 },
}
