import Glibc
import TestSupport

/// The programs under test, as this build made them: beside the test bundle.
///
/// `LARDER_TEST_PROGRAMS` names another directory, to test what was installed.
enum BuiltPrograms {
    static let larder = path("larder")
    static let slowshare = path("slowshare")

    private static func path(_ name: String) -> String {
        if let chosen = TestRun.variable("LARDER_TEST_PROGRAMS") { return "\(chosen)/\(name)" }
        // The tests run inside the bundle, which is a program on Linux.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let bundle = String(
            decoding: buffer.prefix(max(0, length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        let directory = bundle.split(separator: "/").dropLast().joined(separator: "/")
        return "/\(directory)/\(name)"
    }
}
