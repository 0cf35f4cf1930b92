import Model
public import Platform

/// A program of this package, as built: integration tests start it as a process of its own.
public struct BuiltProgram: Sendable {
    public let path: String

    /// The build that the running tests belong to: programs lie beside the test bundle.
    public init(_ name: String) {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") }
        let program = (try? RealPath.resolve("/proc/self/exe")) ?? ""
        path = RealPath.split(bundle ?? program).parent + "/" + name
    }

    public struct Result: Equatable, Sendable {
        /// The exit code; 128 and the signal's number when a signal ended it, as in a shell.
        public var code: Int32
        /// Standard output and error.
        public var output: String

        public init(code: Int32, output: String) {
            self.code = code
            self.output = output
        }
    }

    /// Runs it to its end, with `environment` added to ours.
    public func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let (ending, output) = try ChildProcess.run(
            "/usr/bin/env", environment.map { "\($0.key)=\($0.value)" } + [path] + arguments)
        return Result(code: Self.code(ending), output: output)
    }

    /// Starts it and returns; its output goes to the test's own.
    public func start(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> ChildProcess {
        try ChildProcess(
            "/usr/bin/env", environment.map { "\($0.key)=\($0.value)" } + [path] + arguments,
            descriptors: [0, 1, 2])
    }

    public static func code(_ ending: ChildProcess.Ending) -> Int32 {
        switch ending {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }
}
