"""Bring decoded pictures to 8-bit sRGB, the only colours that every browser shows alike."""

import io

from PIL import Image, ImageCms, ImageMath

_SIXTEEN_BITS = ("I", "I;16", "I;16L", "I;16B")
# What print shops embed is below 3 MB. Larger ones are not worth reading from a stranger.
_MAX_PROFILE_BYTES = 4 * 1024 * 1024


def eight_bits_per_channel(picture: Image.Image) -> Image.Image:
    """Return the picture in mode L, LA, RGB, RGBA or CMYK, with its tones, transparency and `info`.

    Pillow itself cuts 16-bit greys off at 255 instead of scaling them.
    """
    if picture.mode in _SIXTEEN_BITS:
        return _scaled(picture)
    if picture.has_transparency_data:
        # A profile for greys is for greys only, so they stay greys.
        mode = "LA" if picture.mode in ("1", "L", "LA") else "RGBA"
    elif picture.mode == "CMYK":
        mode = "CMYK"
    else:
        mode = "L" if picture.mode in ("1", "L") else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def to_srgb(picture: Image.Image) -> Image.Image:
    """Return the picture in mode RGB or RGBA, converted from its colour profile; without one it is sRGB already.

    A profile that is damaged, or made for other colours than the picture's, counts for nothing, as in browsers.
    """
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    colours = picture.convert(picture.mode.removesuffix("A")) if alpha else picture
    plain = _through_profile(colours, picture.info.get("icc_profile")) or colours.convert("RGB")
    if alpha:
        plain.putalpha(alpha)
    return plain


def _scaled(picture: Image.Image) -> Image.Image:
    grey = picture.point(lambda tone: tone * (1 / 256)).convert("L")
    transparent = grey.info.pop("transparency", None)
    if transparent is not None:
        # It names one of the 65,536 tones.
        visible = ImageMath.lambda_eval(lambda tones: (tones["all"] != transparent) * 255, all=picture.convert("I"))
        grey.putalpha(visible.convert("L"))
    return grey


def _through_profile(colours: Image.Image, profile: bytes | None) -> Image.Image | None:
    if not profile or len(profile) > _MAX_PROFILE_BYTES:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
