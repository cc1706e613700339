# Connections of this host, listed and ended by the system's own tables: no cmdlet ends a connection, and listing
# thousands of them with one takes seconds. The rest of the C# in blocks.ps1.
$connectionsSource = @'
public sealed class Connection
{
  public bool IsIpv6, IsInbound;
  public uint State, LocalAddress, LocalPort, RemoteAddress, RemotePort;
  public string LocalText, RemoteText, LocalKey, RemoteKey;
  public uint Process;

  // Ports stand in network order in the low half.
  public static int ToPort(uint raw) { return (int)(((raw & 0xff) << 8) | ((raw >> 8) & 0xff)); }

  // The port that a rule asks for: ours when the peer dialled, the peer's when we did.
  public int AskedPort { get { return IsInbound ? ToPort(LocalPort) : ToPort(RemotePort); } }

  public string Identity { get { return LocalText + " " + RemoteText + " " + Process; } }
}

// The cut of one run: which connections, which of them are gone, and what became of the golden ones.
public sealed class Cutter
{
  const uint Listening = 2, TimeWait = 11, DeleteTcb = 12;
  readonly List<Block> blocks = new List<Block>();
  readonly List<Golden> golden = new List<Golden>();
  readonly Dictionary<string, Connection> selected = new Dictionary<string, Connection>();
  readonly Dictionary<string, bool> goldenBefore = new Dictionary<string, bool>();
  Dictionary<string, bool> goldenNow = new Dictionary<string, bool>();
  List<Connection> left = new List<Connection>();
  public readonly Dictionary<string, bool> OwnKeys = new Dictionary<string, bool>();
  public uint LastError;

  public Cutter(string[] blockTokens, string[] goldenTokens)
  {
    foreach (string token in blockTokens) blocks.Add(new Block(token));
    foreach (string token in goldenTokens) golden.Add(new Golden(token));
  }

  // Sorts one list of the host's sockets into what is to be cut and what is golden.
  public void Observe(List<Connection> sockets)
  {
    Dictionary<int, bool> listening = new Dictionary<int, bool>();
    foreach (Connection one in sockets) if (one.State == Listening) listening[Connection.ToPort(one.LocalPort)] = true;
    left = new List<Connection>();
    goldenNow = new Dictionary<string, bool>();
    foreach (Connection one in sockets)
    {
      if (one.State <= Listening || one.State >= TimeWait) continue;
      one.IsInbound = listening.ContainsKey(Connection.ToPort(one.LocalPort));
      // What runs over loopback never crosses the block, under whatever address of ours.
      if (one.RemoteKey == one.LocalKey || OwnKeys.ContainsKey(one.RemoteKey)) continue;
      if (golden.Exists(channel => channel.Holds(one.IsInbound, one.RemoteKey, one.AskedPort)))
      {
        goldenNow[one.Identity] = true;
      }
      else if (blocks.Exists(block => block.Holds(one.IsInbound, one.RemoteKey, one.AskedPort)))
      {
        left.Add(one);
        selected[one.Identity] = one;
      }
    }
  }

  // Takes a list for the one before the cut: what is golden now is what must still be there afterwards.
  public void Remember(List<Connection> sockets)
  {
    Observe(sockets);
    foreach (string identity in goldenNow.Keys) goldenBefore[identity] = true;
  }

  public void ObserveBefore()
  {
    foreach (NetworkInterface device in NetworkInterface.GetAllNetworkInterfaces())
      foreach (UnicastIPAddressInformation own in device.GetIPProperties().UnicastAddresses)
        OwnKeys[Addresses.ToKey(own.Address.GetAddressBytes())] = true;
    Remember(Tables.Read());
  }

  // Ends what the last list left, as far as the system can: it knows no way for IPv6.
  public void Kill()
  {
    foreach (Connection one in left)
    {
      if (one.IsIpv6) continue;
      uint error = Tables.End(one, DeleteTcb);
      if (error != 0) LastError = error;
    }
    Observe(Tables.Read());
  }

  public int Selected { get { return selected.Count; } }
  public int Survivors { get { return left.Count; } }
  public int SurvivorsIpv6 { get { return left.FindAll(one => one.IsIpv6).Count; } }
  public int GoldenBefore { get { return goldenBefore.Count; } }

  public int CountGoldenLost()
  {
    return new List<string>(goldenBefore.Keys).FindAll(identity => !goldenNow.ContainsKey(identity)).Count;
  }

  // The exact list of what is gone: ours, the peer's, the process.
  public string[] ListCut()
  {
    Dictionary<string, bool> alive = new Dictionary<string, bool>();
    foreach (Connection one in left) alive[one.Identity] = true;
    List<string> gone = new List<string>(selected.Keys).FindAll(identity => !alive.ContainsKey(identity));
    gone.Sort(string.CompareOrdinal);
    return gone.ToArray();
  }
}

// The kernel's own tables.
public static class Tables
{
  const int Ipv4 = 2, Ipv6 = 23, OwnerPidAll = 5;
  const uint InsufficientBuffer = 122;

  [StructLayout(LayoutKind.Sequential)]
  public struct Row { public uint State, LocalAddress, LocalPort, RemoteAddress, RemotePort; }

  [DllImport("iphlpapi.dll")]
  static extern uint SetTcpEntry(ref Row row);
  [DllImport("iphlpapi.dll")]
  static extern uint GetExtendedTcpTable(IntPtr table, ref int size, bool sorted, int family, int kind, uint reserved);

  public static uint End(Connection one, uint state)
  {
    Row row = new Row();
    row.State = state;
    row.LocalAddress = one.LocalAddress;
    row.LocalPort = one.LocalPort;
    row.RemoteAddress = one.RemoteAddress;
    row.RemotePort = one.RemotePort;
    return SetTcpEntry(ref row);
  }

  public static List<Connection> Read()
  {
    List<Connection> all = ReadIpv4(Fetch(Ipv4));
    all.AddRange(ReadIpv6(Fetch(Ipv6)));
    return all;
  }

  // The table may grow between asking for its size and reading it.
  static byte[] Fetch(int family)
  {
    int size = 0;
    uint error = GetExtendedTcpTable(IntPtr.Zero, ref size, false, family, OwnerPidAll, 0);
    while (error == InsufficientBuffer)
    {
      size += size / 4;
      IntPtr memory = Marshal.AllocHGlobal(size);
      try
      {
        error = GetExtendedTcpTable(memory, ref size, false, family, OwnerPidAll, 0);
        if (error == 0)
        {
          byte[] table = new byte[size];
          Marshal.Copy(memory, table, 0, size);
          return table;
        }
      }
      finally { Marshal.FreeHGlobal(memory); }
    }
    throw new InvalidOperationException("GetExtendedTcpTable answered " + error);
  }

  // MIB_TCPROW_OWNER_PID: six words a row, after the word with their number.
  public static List<Connection> ReadIpv4(byte[] table)
  {
    List<Connection> all = new List<Connection>();
    int count = (int)BitConverter.ToUInt32(table, 0);
    for (int i = 0, at = 4; i < count; i++, at += 24)
    {
      Connection one = new Connection();
      one.State = BitConverter.ToUInt32(table, at);
      one.LocalAddress = BitConverter.ToUInt32(table, at + 4);
      one.LocalPort = BitConverter.ToUInt32(table, at + 8);
      one.RemoteAddress = BitConverter.ToUInt32(table, at + 12);
      one.RemotePort = BitConverter.ToUInt32(table, at + 16);
      one.Process = BitConverter.ToUInt32(table, at + 20);
      Name(one, Slice(table, at + 4, 4), Slice(table, at + 12, 4));
      all.Add(one);
    }
    return all;
  }

  // MIB_TCP6ROW_OWNER_PID: local address, scope and port, remote ones, state, process.
  public static List<Connection> ReadIpv6(byte[] table)
  {
    List<Connection> all = new List<Connection>();
    int count = (int)BitConverter.ToUInt32(table, 0);
    for (int i = 0, at = 4; i < count; i++, at += 56)
    {
      Connection one = new Connection();
      one.IsIpv6 = true;
      one.LocalPort = BitConverter.ToUInt32(table, at + 20);
      one.RemotePort = BitConverter.ToUInt32(table, at + 44);
      one.State = BitConverter.ToUInt32(table, at + 48);
      one.Process = BitConverter.ToUInt32(table, at + 52);
      Name(one, Slice(table, at, 16), Slice(table, at + 24, 16));
      all.Add(one);
    }
    return all;
  }

  static void Name(Connection one, byte[] local, byte[] remote)
  {
    one.LocalKey = Addresses.ToKey(local);
    one.RemoteKey = Addresses.ToKey(remote);
    one.LocalText = new IPEndPoint(new IPAddress(local), Connection.ToPort(one.LocalPort)).ToString();
    one.RemoteText = new IPEndPoint(new IPAddress(remote), Connection.ToPort(one.RemotePort)).ToString();
  }

  static byte[] Slice(byte[] table, int at, int length)
  {
    byte[] part = new byte[length];
    Array.Copy(table, at, part, 0, length);
    return part;
  }
}
'@
