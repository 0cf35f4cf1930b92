import Forest
import Glibc
import Platform
import Training

/// Grows the forests that Larder predicts with, in a process of its own; see larder-train(8).
do throws(TrainerArguments.Mistake) {
    switch try TrainerArguments(Array(CommandLine.arguments.dropFirst())) {
    case .help:
        print(TrainerUsage.text, terminator: "")
    case .version:
        print(TrainerUsage.version)
    case .train(let options):
        let complain = { (text: String) in StandardError.write("larder-train: \(text)") }
        exit(TrainerRun.run(options, say: { print($0) }, complain: complain).rawValue)
    }
} catch {
    StandardError.write("larder-train: \(error)\nTry 'larder-train --help'.")
    exit(TrainerExit.usage.rawValue)
}
