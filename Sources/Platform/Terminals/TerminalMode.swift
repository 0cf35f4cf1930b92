import Glibc

/// The settings of a terminal (termios(3)), and its size.
public struct TerminalMode: Sendable {
    public struct Size: Equatable, Sendable {
        public var columns: Int
        public var rows: Int

        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }
    }

    private let descriptor: Int32
    private let before: termios

    /// Keys arrive one by one, unseen, and raise no signals: ^C is byte 3.
    ///
    /// - Returns: nil when `descriptor` is no terminal. ``restore()`` puts back what was before.
    public init?(takingKeysOf descriptor: Int32) {
        var mode = termios()
        guard tcgetattr(descriptor, &mode) == 0 else { return nil }
        self.descriptor = descriptor
        before = mode
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(IXON)
        withUnsafeMutableBytes(of: &mode.c_cc) { characters in
            // A read returns as soon as there is one byte.
            characters[Int(VMIN)] = 1
            characters[Int(VTIME)] = 0
        }
        guard tcsetattr(descriptor, TCSAFLUSH, &mode) == 0 else { return nil }
    }

    public func restore() {
        var mode = before
        _ = tcsetattr(descriptor, TCSAFLUSH, &mode)
    }

    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// nil for what is no terminal, and for one that does not know.
    public static func size(of descriptor: Int32) -> Size? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return nil }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
