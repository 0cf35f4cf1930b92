public import Model
public import Platform

import FoundationEssentials

/// A running mount's presence in the runtime directory: its registry entry and its control socket.
///
/// A daemon makes it before it mounts (a second daemon for the same view is refused here) and
/// ``stop()``s it when everything else is torn down: `larder unmount` waits for that.
public final class ControlService: Sendable {
    private let claim: RegistryClaim
    private let server: LineServer

    public init(
        _ configuration: MountConfiguration, runtime: RuntimeDirectory = .own(),
        clock: any LarderClock = SystemClock(), handler: any ControlHandler
    ) throws(ControlError) {
        let directory = try runtime.prepare()
        let entry = RegistryEntry(
            view: configuration.viewPath, share: configuration.sharePath,
            pid: Environment.processID, started: clock.wall.seconds)
        claim = try MountRegistry(directory).claim(entry)
        let name = MountRegistry.socketName(ofView: Array(configuration.viewPath.utf8))
        do {
            server = try LineServer(
                in: directory.rawValue, name: name,
                limits: LineServer.Limits(requestBytesMax: WireFormat.requestBytesMax),
                clock: clock
            ) { line in
                Self.answer(line, handler)
            }
        } catch {
            claim.release()
            throw .socket("\(runtime.path)/\(name)", error)
        }
    }

    /// Waits until the control thread answers, however long that takes. - Returns: false when it has ended.
    public func answers() -> Bool { server.answers() }

    /// Ends the socket, then gives up the entry.
    public func stop() {
        server.stop()
        claim.release()
    }

    static func answer(_ line: [UInt8], _ handler: any ControlHandler) -> [UInt8] {
        let response: ControlResponse
        do {
            response = handler.handle(try WireFormat.decode(ControlRequest.self, from: line))
        } catch DecodingError.dataCorrupted(let context) {
            response = .failed("the request is not understood: \(context.debugDescription)")
        } catch {
            response = .failed("the request is not understood")
        }
        do {
            return try WireFormat.line(response)
        } catch {
            // Only a figure that is no number can do this.
            return Array(
                "{\"error\":\"the answer cannot be written as JSON\",\"version\":1}\n".utf8)
        }
    }
}
