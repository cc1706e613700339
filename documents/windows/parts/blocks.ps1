# What a block hits and what it must not: addresses, ranges and golden channels. In C# 5, which Windows PowerShell 5.1
# compiles: thousands of connections are sorted in a moment, and the arithmetic can be tested where no Windows is.
$blocksSource = @'
using System;
using System.Collections.Generic;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

// Addresses as hexadecimal text with the family in front: texts of one family compare as the addresses do.
public static class Addresses
{
  public static string ToKey(byte[] bytes)
  {
    bool isMapped = bytes.Length == 16 && bytes[10] == 255 && bytes[11] == 255;
    for (int i = 0; isMapped && i < 10; i++) isMapped = bytes[i] == 0;
    string hex = BitConverter.ToString(bytes).Replace("-", "");
    if (isMapped) return "4" + hex.Substring(24);
    return (bytes.Length == 4 ? "4" : "6") + hex;
  }

  public static string ToKey(string text) { return ToKey(IPAddress.Parse(text).GetAddressBytes()); }

  // The address before or after another one; past the last there is none.
  public static string Step(string text, int by)
  {
    byte[] bytes = IPAddress.Parse(text).GetAddressBytes();
    for (int i = bytes.Length - 1; i >= 0; i--)
    {
      int sum = bytes[i] + by;
      bytes[i] = (byte)sum;
      if (sum >= 0 && sum <= 255) return Write(bytes);
    }
    return null;
  }

  // IPv6 with all eight groups, as the caller spells it.
  static string Write(byte[] bytes)
  {
    if (bytes.Length == 4) return new IPAddress(bytes).ToString();
    string[] groups = new string[8];
    for (int i = 0; i < 8; i++) groups[i] = ((bytes[2 * i] << 8) | bytes[2 * i + 1]).ToString("x");
    return string.Join(":", groups);
  }
}

public sealed class AddressSpan
{
  public readonly string First, Last, Low, High;

  public AddressSpan(string text)
  {
    string[] ends = text.Split('-');
    First = ends[0];
    Last = ends[ends.Length - 1];
    Low = Addresses.ToKey(First);
    High = Addresses.ToKey(Last);
  }

  public static AddressSpan OfCidr(string cidr)
  {
    string[] parts = cidr.Split('/');
    byte[] low = IPAddress.Parse(parts[0]).GetAddressBytes();
    byte[] high = (byte[])low.Clone();
    int prefix = parts.Length > 1 ? int.Parse(parts[1]) : low.Length * 8;
    for (int bit = prefix; bit < low.Length * 8; bit++)
    {
      low[bit / 8] &= (byte)~(128 >> (bit % 8));
      high[bit / 8] |= (byte)(128 >> (bit % 8));
    }
    return new AddressSpan(new IPAddress(low) + "-" + new IPAddress(high));
  }

  public bool Holds(string key)
  {
    return key[0] == Low[0] && string.CompareOrdinal(Low, key) <= 0 && string.CompareOrdinal(key, High) <= 0;
  }

  public bool Meets(AddressSpan other) { return Low[0] == other.Low[0] && (Holds(other.Low) || other.Holds(Low)); }

  // What is left of the span without one address.
  public IEnumerable<string> Without(string address)
  {
    if (!Holds(Addresses.ToKey(address))) { yield return Write(First, Last); yield break; }
    string before = Addresses.Step(address, -1), after = Addresses.Step(address, 1);
    if (before != null && Holds(Addresses.ToKey(before))) yield return Write(First, before);
    if (after != null && Holds(Addresses.ToKey(after))) yield return Write(after, Last);
  }

  // Ranges, with commas between, without some addresses.
  public static string Subtract(string ranges, string[] addresses)
  {
    List<string> left = new List<string>(ranges.Split(','));
    foreach (string address in addresses)
    {
      List<string> next = new List<string>();
      foreach (string range in left) next.AddRange(new AddressSpan(range).Without(address));
      left = next;
    }
    return string.Join(",", left);
  }

  static string Write(string first, string last) { return first == last ? first : first + "-" + last; }
}

// One rule of a block, in@PROTOCOL@PORTS@RANGES or out@PROTOCOL@PORTS@RANGES.
public sealed class Block
{
  public readonly bool IsInbound;
  readonly List<int[]> ports = new List<int[]>();
  public readonly List<AddressSpan> Spans = new List<AddressSpan>();

  public Block(string token)
  {
    string[] parts = token.Split('@');
    IsInbound = parts[0] == "in";
    foreach (string range in parts[2].Split(','))
    {
      string[] ends = range.Split('-');
      ports.Add(new[] { int.Parse(ends[0]), int.Parse(ends[ends.Length - 1]) });
    }
    foreach (string range in parts[3].Split(',')) Spans.Add(new AddressSpan(range));
  }

  public bool HoldsPort(int port) { return ports.Exists(range => range[0] <= port && port <= range[1]); }

  public bool Holds(bool isInbound, string remoteKey, int port)
  {
    return isInbound == IsInbound && HoldsPort(port) && Spans.Exists(span => span.Holds(remoteKey));
  }
}

// A golden channel, in@CIDR@PORT or out@CIDR@PORT.
public sealed class Golden
{
  readonly string direction, port;
  readonly AddressSpan span;

  public Golden(string text)
  {
    string[] parts = text.Split('@');
    direction = parts[0];
    span = AddressSpan.OfCidr(parts[1]);
    port = parts[2];
  }

  public bool Holds(bool isInbound, string remoteKey, int number)
  {
    if (!span.Holds(remoteKey)) return false;
    return port == "any" || ((direction == "in") == isInbound && port == number.ToString());
  }

  public bool IsHitBy(Block block)
  {
    if (!block.Spans.Exists(other => other.Meets(span))) return false;
    return port == "any" || (block.IsInbound == (direction == "in") && block.HoldsPort(int.Parse(port)));
  }
}
'@

# Compiles what reads ranges; a host that lets nothing be compiled can neither check nor kill.
function Initialize-Source([string]$Source) {
  try {
    Add-Type -TypeDefinition $Source
  } catch {
    Stop-Document 69 "Cannot compile what reads ranges: $($_.Exception.Message)"
  }
}
