import Glibc

/// What the environment says about this run.
public enum TestRun {
    /// `LARDER_TEST_SCALE`: multiplies counts of generated operations and rounds. 1 unless said
    /// otherwise.
    public static let scale: Double = {
        guard let text = variable("LARDER_TEST_SCALE"), let scale = Double(text), scale > 0 else {
            return 1
        }
        return scale
    }()

    /// `LARDER_TEST_SEED`: repeats a failure. Else another one with each run.
    public static let seed =
        variable("LARDER_TEST_SEED").flatMap { UInt64($0) } ?? .random(in: .min ... .max)

    /// `count` scaled, at least 1.
    public static func scaled(_ count: Int) -> Int { max(1, Int(Double(count) * scale)) }

    public static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}
