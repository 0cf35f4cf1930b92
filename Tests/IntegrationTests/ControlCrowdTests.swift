import Control
import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// A daemon whose control socket is held by connections that do not get on.
    @Suite struct ControlCrowdTests {
        private let area = Area.current
        private let view: RunningView

        init() throws {
            let share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/file", Array("content".utf8))
            view = try RunningView(area, share: share)
        }

        private func connect() throws -> DescriptorReference {
            let runtime = RuntimeDirectory(path: area.path("run"), owner: Environment.userID)
            let directory = try #require(try runtime.open())
            return DescriptorReference(
                try UnixSocket.connect(
                    in: directory.rawValue,
                    name: MountRegistry.socketName(ofView: view.path.pathBytes),
                    timeout: .seconds(20)))
        }

        private func hasHungUp(_ socket: DescriptorReference) -> Bool {
            var polled = pollfd(fd: socket.rawValue, events: 0, revents: 0)
            return poll(&polled, 1, 0) == 1
        }

        @Test func statusAnswersWhateverIsHeldOpen() throws {
            var held: [DescriptorReference] = []
            for _ in 0..<200 { held.append(try connect()) }
            for _ in 0..<50 {
                let dripping = try connect()
                try FileContents.write(dripping.rawValue, [UInt8(ascii: "{")])
                held.append(dripping)
            }
            // More answers than the socket takes, none of which is read.
            let line = try WireFormat.line(ControlRequest.status)
            let questions = Array(repeatElement(line, count: 500).joined())
            for _ in 0..<50 {
                let deaf = try connect()
                _ = questions.withUnsafeBytes {
                    send(
                        deaf.rawValue, $0.baseAddress, $0.count,
                        Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                }
                held.append(deaf)
            }
            #expect(try view.status().state == .ok)
            let evicted = try view.evict()
            #expect(evicted.code == 0 || evicted.code == 3, "\(evicted)")
            // Nobody's time was up: who has come last is still there.
            let last = held.suffix(LineServer.clientsMax / 2)
            #expect(last.allSatisfy { !hasHungUp($0) })
            #expect(try view.status().state == .ok)
        }
    }
}
