import Glibc

/// What the process was started with, besides its arguments.
public enum Environment {
    /// An environment variable; an empty one counts as absent, as the XDG specification wants it.
    public static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// Who we act as.
    public static var userID: UInt32 { geteuid() }
    public static var processID: Int32 { getpid() }
}
