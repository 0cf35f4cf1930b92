import Control
import Glibc
import Model
import Platform

/// Has directories looked at by processes of their own, each with a deadline.
struct Surveyor: Sendable {
    /// For a directory. A NAS whose disks sleep, or a machine that has just started, may need seconds: only what stays away for
    /// so long is said to hang.
    static let directoryTime = Duration.seconds(5)
    /// What takes longer than this is said to be slow.
    static let slowTime = Duration.milliseconds(500)
    /// For a measurement, which ends by itself earlier than that.
    static let measuringTime = Duration.seconds(10)

    /// What travels from that process to us, as JSON.
    private struct Message: Codable {
        var error: Int32?
        var directory: DirectorySurvey?
        var measurement: ShareMeasurement?
    }

    /// The `larder` to start.
    var program = OwnProgram.path
    var directoryTime = Self.directoryTime
    /// Looks from a session of its own, and so from another process group: an automounter lets its own group by without mounting
    /// anything, and systemd runs mount(8) in it (`same_pgrp` of mount units).
    var isOutside = false

    func ask(_ survey: Survey) -> SurveyAnswer {
        let limit = survey.scope == .measure ? Self.measuringTime : directoryTime
        do throws(Errno) {
            let (_, output) = try ChildProcess.run(
                program, survey.arguments, within: limit, newSession: isOutside)
            guard let message = try? WireFormat.decode(Message.self, from: output) else {
                return .failed(.ioError)
            }
            if let error = message.error { return .failed(Errno(rawValue: error)) }
            if let measurement = message.measurement { return .measured(measurement) }
            return .found(message.directory)
        } catch {
            return error == .timedOut ? .silent(limit) : .failed(error)
        }
    }

    /// All at the same time: together they take as long as the slowest.
    func ask(_ surveys: [Survey]) -> [SurveyAnswer] {
        concurrently(surveys, thread: "survey") { ask($0) }
    }

    // MARK: - The other process

    /// Blocks for as long as the directory does.
    static func perform(_ survey: Survey) -> String {
        _ = chdir("/")
        var message = Message()
        do throws(Errno) {
            switch survey.scope {
            case .answer:
                // Not stat: the kernel may remember the attributes of a daemon that has died.
                let root = try FileCalls.open(survey.path, [.directory, .pathOnly])
                _ = try FileCalls.fileSystem(of: root.rawValue)
            case .look: message.directory = try DirectorySurvey.look(survey.path)
            case .holes: message.directory = try DirectorySurvey.lookForCache(survey.path)
            case .measure: message.measurement = try ShareMeasurement.take(survey.path)
            }
        } catch {
            message.error = error.rawValue
        }
        let text = (try? WireFormat.encode(message)).map { String(decoding: $0, as: UTF8.self) }
        return text ?? "{}"
    }
}
