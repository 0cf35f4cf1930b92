import Glibc

/// A directory served as a slow network share, for tests, demonstrations and benchmarks.
do throws(Arguments.Mistake) {
    let words = Array(CommandLine.arguments.dropFirst())
    switch try Arguments(words) {
    case .help:
        print(Usage.text, terminator: "")
    case .version:
        print(Usage.version)
    case .serve(let options):
        exit(options.isBackground ? Background.start(words) : Server.run(options))
    case .control(let mountpoint, let words, let control):
        // Wrong words are found out before anybody is asked.
        _ = try ControlCommand(words)
        do throws(Arguments.Mistake) {
            print(
                try ControlClient.send(words, mountpoint: mountpoint, control: control),
                terminator: "")
        } catch {
            Failure.say("\(error)")
            exit(1)
        }
    }
} catch {
    Failure.say("\(error)\nTry 'slowshare --help'.")
    exit(2)
}
