// Shows that the sanitizers fire, and only where they should: `race` and `memory` must be reported, `mutex` not.
import Glibc
import Synchronization

nonisolated(unsafe) var unguarded = 0
let guarded = Mutex(0)
let lesson = CommandLine.arguments.last

func run(_ body: @escaping @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?) {
    let threads = (0..<4).map { _ in
        var thread = pthread_t()
        pthread_create(&thread, nil, body, nil)
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

switch lesson {
case "race":
    run { _ in
        for _ in 0..<1000 { unguarded += 1 }
        return nil
    }
case "mutex":
    // Long enough for threads to wait for each other, which happens in Swift's library.
    run { _ in
        for _ in 0..<20_000 { guarded.withLock { $0 += 1 } }
        return nil
    }
default:
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 8)
    bytes.initialize(repeating: 1, count: 8)
    bytes.deallocate()
    print(bytes[3])
}
