import Glibc
import Model
import Testing

@testable import Platform

@Suite struct ServiceManagerTests {
    @Test func messagesAreWrittenAsTheManagerReadsThem() {
        let told = Mutexed<[String]>([])
        let manager = ServiceManager(watchdogInterval: nil) { text in
            told.withLock { $0.append(text) }
        }
        manager.tell(.ready, .status("a\nREADY=0\r\nb"))
        manager.tell(.watchdog)
        manager.tell(.reloading(since: .milliseconds(1500)))
        manager.tell(.stopping)
        #expect(
            told.withLock { $0 } == [
                "READY=1\nSTATUS=a READY=0 b", "WATCHDOG=1", "RELOADING=1\nMONOTONIC_USEC=1500000",
                "STOPPING=1",
            ])
    }

    @Test func childrenDoNotSpeakToTheManager() throws {
        // Other tests read the environment at most.
        for name in ServiceManager.variables { setenv(name, "/nowhere", 1) }
        setenv("NOTIFY_SOCKET_OF_MINE", "kept", 1)
        defer {
            for name in ServiceManager.variables + ["NOTIFY_SOCKET_OF_MINE"] { unsetenv(name) }
        }
        let (ending, output) = try ChildProcess.run("/usr/bin/env", [])
        #expect(ending == .exited(code: 0))
        #expect(output.contains("NOTIFY_SOCKET_OF_MINE=kept") && output.contains("PATH="))
        for name in ServiceManager.variables {
            #expect(!output.contains("\(name)="), "\(name) is passed on")
        }
    }
}
