/// How a directory is to be served.
struct ServeOptions: Hashable, Sendable {
    var directory = ""
    var mountpoint = ""
    var roundTrip = Duration.milliseconds(8)
    /// Bytes per second; nil is without bound.
    var bandwidth: Double? = 100e6
    var timeouts = Passthrough.Timeouts()
    var clock = ShareClock()
    var traits = ProtocolTraits()
    /// Path of the control socket, where not at its usual place.
    var control: String?
    var isBackground = false
    /// Where a process in the background says that it is ready.
    var readyDescriptor: Int32?
    /// As after `-o`.
    var mountOptions: [String] = []
}
