import Model

/// How busy the machine is, from `/proc`.
public enum MachineLoad {
    /// Share of time in the last 10 s that some task waited for the resource, 0 ... 1; nil where the kernel does not
    /// say (PSI is off).
    ///
    /// - Parameter resource: `cpu`, `io` or `memory`.
    public static func stall(_ resource: String) -> Double? {
        guard let bytes = try? FileContents.read("/proc/pressure/\(resource)", bytesMax: 4096)
        else { return nil }
        return stall(parsing: String(decoding: bytes, as: UTF8.self))
    }

    /// The `avg10` of the line `some avg10=1.25 avg60=… avg300=… total=…`, over 100.
    static func stall(parsing text: String) -> Double? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
            let field = line.split(separator: " ").first(where: { $0.hasPrefix("avg10=") }),
            let percent = Double(field.dropFirst("avg10=".count))
        else { return nil }
        return percent / 100
    }

    /// Share of memory that is not available to programs, 0 ... 1.
    public static func memoryInUse() -> Double? {
        guard let bytes = try? FileContents.read("/proc/meminfo", bytesMax: 64 << 10) else {
            return nil
        }
        return memoryInUse(parsing: String(decoding: bytes, as: UTF8.self))
    }

    static func memoryInUse(parsing text: String) -> Double? {
        func kibibytes(_ name: String) -> Double? {
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") })
            else { return nil }
            return line.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        }
        guard let total = kibibytes("MemTotal"), let available = kibibytes("MemAvailable"),
            total > 0
        else { return nil }
        return 1 - available / total
    }
}
