"""What the scripts of this folder share: where Hotshot-XL lies, which UNet of its is run, how large and on what."""
import argparse
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def unet_parser(description, dtypes, dtype_help, numbers):
    """A parser of the shared arguments, and its group of where the weights come from. `numbers`: whole ones, with their defaults."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotshot", required=True, help="a checkout of hotshotco/Hotshot-XL")
    weights = parser.add_mutually_exclusive_group(required=True)
    weights.add_argument("--model", help="folder with the UNet's config.json and weights")
    weights.add_argument("--random", metavar="CONFIG.json", help="the UNet's config; weights are drawn on the device")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--dtype", choices=dtypes, default="f32", help=dtype_help)
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser, weights


def unet_class(arguments):
    sys.path.insert(0, arguments.hotshot)
    from hotshot_xl.models.unet import UNet3DConditionModel

    return UNet3DConditionModel
